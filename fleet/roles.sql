-- Who may do what, as roles to grant to people and services: "GRANT sluice_auditor TO ada".
-- Run once in a cluster, by a superuser, after "sluice fleet init".
CREATE ROLE sluice_loader NOLOGIN;
CREATE ROLE sluice_verifier NOLOGIN;
CREATE ROLE sluice_auditor NOLOGIN;

GRANT USAGE ON SCHEMA sluice TO sluice_loader, sluice_verifier, sluice_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA sluice TO sluice_loader, sluice_verifier, sluice_auditor;

-- The loader adds, and never changes or deletes; whom it believes is not for it to say.
GRANT INSERT ON sluice.record, sluice.checkpoint, sluice.refused TO sluice_loader;
GRANT INSERT, UPDATE ON sluice.stranger TO sluice_loader;

-- The verifier says what it found, and empties what a proven redaction names.
GRANT INSERT ON sluice.verification TO sluice_verifier;
GRANT UPDATE ON sluice.record TO sluice_verifier;

-- The store of a fleet: what its appliances shipped, exactly as they hashed it, with the checkpoints that they signed.
-- PostgreSQL 15 or newer. Laid out by "sluice fleet init"; nothing in it needs the command, an auditor needs psql alone.
CREATE SCHEMA sluice;

COMMENT ON SCHEMA sluice IS 'sluice fleet store, version 1';

-- The appliances of the institution. Nothing is taken from any other.
CREATE TABLE sluice.appliance (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Name of its log, as its checkpoints have it.
  log text NOT NULL UNIQUE,
  -- Its public key: the text of checkpoint.pub, brought here by a person and not by the appliance's own deliveries.
  key text NOT NULL,
  enrolled timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sluice.record (
  -- No foreign key: checking it took a fifth of the time of a load, and appliances are never deleted.
  appliance integer NOT NULL,
  sequence bigint NOT NULL CHECK (sequence >= 0),
  -- RFC 6962 leaf hash: SHA-256 over an octet 0x00 and the body.
  leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
  -- The record, byte for byte. NULL where it was redacted: the hash stays, so that the tree can still be computed.
  body text,
  -- What questions are asked about, taken from the body by a trigger. There is no other way to write it.
  kind text,
  time timestamptz,
  decision uuid,
  instrument text,
  destination text,
  route text,
  verdict text,
  reason text,
  policy text,
  PRIMARY KEY (appliance, sequence)
);

CREATE FUNCTION sluice.derive() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  document CONSTANT jsonb := NEW.body::jsonb;
BEGIN
  NEW.kind := document ->> 'kind';
  NEW.time := (document ->> 'time')::timestamptz;
  NEW.decision := (CASE document ->> 'kind' WHEN 'decision' THEN document ->> 'id' ELSE document ->> 'decision' END)::uuid;
  NEW.instrument := document ->> 'instrument';
  NEW.destination := document ->> 'destination';
  NEW.route := document ->> 'route';
  NEW.verdict := document ->> 'verdict';
  NEW.reason := document ->> 'reason';
  NEW.policy := document ->> 'policy';
  RETURN NEW;
END $$;

-- Against slips, not against whoever owns the database: for that there are the checkpoints.
CREATE FUNCTION sluice.guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.body IS NULL AND (NEW.appliance, NEW.sequence, NEW.leaf) = (OLD.appliance, OLD.sequence, OLD.leaf) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the records of a fleet are append-only; a redaction may empty a body';
END $$;

CREATE FUNCTION sluice.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an appliance and its key stay in the fleet for good';
END $$;

CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON sluice.appliance FOR EACH STATEMENT EXECUTE FUNCTION sluice.keep();
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON sluice.record FOR EACH ROW EXECUTE FUNCTION sluice.guard();
CREATE TRIGGER guard_all BEFORE TRUNCATE ON sluice.record FOR EACH STATEMENT EXECUTE FUNCTION sluice.guard();
-- Triggers fire in the order of their names: nothing is derived from what the guard turns away.
CREATE TRIGGER read_body BEFORE INSERT OR UPDATE ON sluice.record FOR EACH ROW EXECUTE FUNCTION sluice.derive();

-- By time in pages of many rows: small, and records arrive nearly in that order.
CREATE INDEX record_time ON sluice.record USING brin (time);
CREATE INDEX record_decision ON sluice.record (decision) WHERE decision IS NOT NULL;
CREATE INDEX record_block ON sluice.record (appliance, time) WHERE verdict = 'block';
-- Few among many: everything but the traffic itself.
CREATE INDEX record_event ON sluice.record (kind, time) WHERE kind NOT IN ('decision', 'outcome');

-- Signed checkpoints, every one that ever arrived under the appliance's key.
CREATE TABLE sluice.checkpoint (
  appliance integer NOT NULL REFERENCES sluice.appliance,
  size bigint NOT NULL CHECK (size >= 0),
  note text NOT NULL CHECK (length(note) <= 2000),
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (appliance, size, note)
);

-- What arrived in an appliance's name and could not be taken; kept, because it is evidence.
CREATE TABLE sluice.refused (
  appliance integer NOT NULL REFERENCES sluice.appliance,
  what text NOT NULL,
  sequence bigint,
  digest bytea NOT NULL,
  text text NOT NULL,
  received timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (appliance, what, digest)
);

-- Names under which something arrived, and that nobody enrolled. Of what they sent nothing is kept.
CREATE TABLE sluice.stranger (
  log text PRIMARY KEY,
  lines bigint NOT NULL,
  first timestamptz NOT NULL DEFAULT now(),
  last timestamptz NOT NULL DEFAULT now()
);

-- What each verification said; "frontier" lets the next one go on from where this one ended.
CREATE TABLE sluice.verification (
  appliance integer NOT NULL REFERENCES sluice.appliance,
  time timestamptz NOT NULL DEFAULT now(),
  verdict text NOT NULL CHECK (verdict IN ('intact', 'tampered', 'inconclusive')),
  -- Records from here up to, and without, there were read.
  first bigint NOT NULL,
  size bigint NOT NULL,
  frontier bytea,
  evidence jsonb NOT NULL
);
CREATE INDEX verification_last ON sluice.verification (appliance, time DESC);

-- Records as they are asked about: with the name of the appliance, and the whole record as a document.
CREATE VIEW sluice.entry AS
SELECT a.log, r.appliance, r.sequence, r.kind, r.time, r.decision, r.instrument, r.destination, r.route, r.verdict, r.reason,
       r.policy, r.body::jsonb AS document
FROM sluice.record r JOIN sluice.appliance a ON a.id = r.appliance
WHERE r.body IS NOT NULL;

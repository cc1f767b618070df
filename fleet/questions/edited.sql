-- Which records in the store are not the ones whose hash is stored, computed here and not by sluice?
SELECT a.log AS appliance, r.sequence, r.kind, r.time
FROM sluice.record r JOIN sluice.appliance a ON a.id = r.appliance
WHERE r.body IS NOT NULL AND r.leaf <> sha256('\x00'::bytea || convert_to(r.body, 'UTF8'))
ORDER BY a.log, r.sequence;

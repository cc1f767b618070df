-- How far has each appliance come, how long has it been silent, and what did its last verification say?
SELECT a.log AS appliance, count(r.sequence) AS records, max(r.time) AS newest,
       date_trunc('second', now() - max(r.time))::text AS silent_for,
       (SELECT max(size) FROM sluice.checkpoint c WHERE c.appliance = a.id) AS signed,
       v.verdict, v.time AS verified, v.evidence #>> '{0,what}' AS first_finding, v.evidence #>> '{0,sequence}' AS at
FROM sluice.appliance a
LEFT JOIN sluice.record r ON r.appliance = a.id
LEFT JOIN LATERAL (SELECT * FROM sluice.verification WHERE appliance = a.id ORDER BY time DESC LIMIT 1) v ON true
GROUP BY a.id, v.verdict, v.time, v.evidence
ORDER BY v.verdict IS NOT DISTINCT FROM 'intact', max(r.time) NULLS FIRST, a.log;

-- What was stopped in the last thirty days, on which appliance, and why?
SELECT a.log AS appliance, r.reason, count(*) AS requests, count(DISTINCT r.instrument) AS instruments, max(r.time) AS last
FROM sluice.record r JOIN sluice.appliance a ON a.id = r.appliance
WHERE r.verdict = 'block' AND r.time >= now() - interval '30 days'
GROUP BY a.log, r.reason
ORDER BY requests DESC, a.log, r.reason;

-- What left uninspected, by connections that the policy let pass unopened?
SELECT e.log AS appliance, e.instrument, e.destination, count(*) AS connections,
       sum((o.body::jsonb ->> 'bytesUp')::bigint) AS octets, max(e.time) AS last
FROM sluice.entry e
LEFT JOIN sluice.record o ON o.appliance = e.appliance AND o.decision = e.decision AND o.kind = 'outcome'
WHERE e.kind = 'decision' AND e.verdict = 'forward' AND e.document ? 'splice'
GROUP BY 1, 2, 3
ORDER BY octets DESC NULLS LAST, 1, 2, 3;

-- What left, from which appliance to whom, on which day, and how much?
SELECT time::date::text AS day, log AS appliance, destination, count(*) AS requests,
       sum((document ->> 'bytesOut')::bigint) AS octets
FROM sluice.entry
WHERE kind = 'decision' AND verdict = 'forward'
GROUP BY 1, 2, 3
ORDER BY 1 DESC, octets DESC NULLS LAST, 2, 3;

-- What left although a detector had found something, and by which exception of the policy?
SELECT log AS appliance, x ->> 'exception' AS exception, x ->> 'detector' AS detector, instrument, route,
       concat_ws(' ', x ->> 'surface', x ->> 'pointer') AS field, count(*) AS times, max(time) AS last
FROM sluice.entry, jsonb_array_elements(document -> 'excepted') AS x
WHERE kind = 'decision' AND verdict = 'forward'
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY times DESC, 1, 2, 3, 4, 5, 6;

-- Which kind of sensitive content was found, on which instrument, in which field?
SELECT log AS appliance, instrument, f ->> 'category' AS category, f ->> 'detector' AS detector,
       concat_ws(' ', f ->> 'surface', f ->> 'pointer') AS field, count(*) AS times, max(time) AS last
FROM sluice.entry, jsonb_array_elements(document -> 'findings') AS f
WHERE kind = 'decision' AND verdict = 'block'
GROUP BY 1, 2, 3, 4, 5
ORDER BY times DESC, 1, 2, 4, 5;

-- Which policy is in force on each appliance, since when, by whom, and do others have another one?
WITH latest AS (
  SELECT DISTINCT ON (appliance) log, time, document
  FROM sluice.entry WHERE kind = 'rules.activate' ORDER BY appliance, sequence DESC
)
SELECT log AS appliance, document ->> 'policy' AS policy, document #>> '{bundle,serial}' AS bundle, time AS since,
       document ->> 'cause' AS cause, document ->> 'actor' AS actor,
       count(*) OVER (PARTITION BY document ->> 'policy') AS appliances_with_it
FROM latest
ORDER BY appliances_with_it, log;

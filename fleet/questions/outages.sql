-- When was an appliance not running, or not able to write its log?
SELECT log AS appliance, kind,
       CASE kind WHEN 'gap' THEN (document ->> 'since')::timestamptz ELSE time END AS since,
       CASE kind WHEN 'gap' THEN time ELSE
         (SELECT min(s.time) FROM sluice.record s
          WHERE s.appliance = e.appliance AND s.kind = 'start' AND s.sequence > e.sequence) END AS until,
       document ->> 'cause' AS cause, document ->> 'refused' AS refused
FROM sluice.entry e
WHERE kind IN ('gap', 'stop')
ORDER BY since DESC, log;

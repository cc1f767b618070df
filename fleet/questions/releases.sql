-- Who released a blocked payload, who had approved it, and did it arrive?
SELECT r.log AS appliance, r.time, r.decision, r.document ->> 'actor' AS released_by,
       (SELECT string_agg(p.document ->> 'actor', ', ' ORDER BY p.sequence) FROM sluice.entry p
        WHERE p.appliance = r.appliance AND r.document -> 'approvals' @> to_jsonb(p.sequence)) AS approved_by,
       r.document ->> 'because' AS because,
       coalesce((SELECT e.kind FROM sluice.entry e
                 WHERE e.appliance = r.appliance AND e.decision = r.decision AND e.document ->> 'release' = r.document ->> 'release'
                   AND e.kind IN ('review.released', 'review.release-failed', 'review.release-unknown')
                 ORDER BY e.sequence DESC LIMIT 1), 'under way') AS ended
FROM sluice.entry r
WHERE r.kind = 'review.release'
ORDER BY r.time DESC;

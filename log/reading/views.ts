/**
 * What people see with the sqlite3 shell, and what `query.ts`, `stats.ts` and `figures/figures.ts` read. docs/audit-guide.md describes
 * each column. Views hold no data: everything is computed from the hashed records. They reach other records by subqueries and not by
 * joins, so that SQLite can use indexes also where `record` is made up of several files (`attach.ts`).
 */

/** A member of the outcome of decision `d`. */
const outcome = (member: string): string =>
  `(SELECT o.body ->> '$.${member}' FROM record o WHERE o.decision = d.id AND o.kind = 'outcome' LIMIT 1)`

/**
 * One row a decision, with how it ended. `findings` lists detector, category, surface and place; `response_status` and what
 * follows is empty while a request is under way.
 */
const decisions = `CREATE VIEW decisions AS
  SELECT d.time, d.id, d.instrument, d.client, d.ingress, d.method, d.destination, d.route, d.path, d.verdict, d.reason,
    d.body ->> '$.rule' AS rule,
    (d.body ->> '$.place.surface') || ' ' || (d.body ->> '$.place.pointer') AS place,
    (SELECT group_concat((f.value ->> '$.detector') || ' (' || (f.value ->> '$.category') || ') in ' ||
       (f.value ->> '$.surface') || ' ' || (f.value ->> '$.pointer'), '; ')
     FROM json_each(d.body, '$.findings') f) AS findings,
    d.body ->> '$.bytesIn' AS bytes_in, d.body ->> '$.bytesOut' AS bytes_out,
    d.body ->> '$.digest' AS digest, d.body ->> '$.policy' AS policy, d.held, d.replay_of,
    ${outcome('result')} AS result,
    ${outcome('status')} AS response_status,
    ${outcome('error')} AS error,
    ${outcome('bytes')} AS response_bytes,
    ${outcome('ms')} AS ms, d.sequence
  FROM record d
  WHERE d.kind = 'decision'`

/** One row for each thing that a detector found. `chain`: the encodings that were undone to find it, outermost first. */
const findings = `CREATE VIEW findings AS
  SELECT d.time, d.id, d.instrument, d.destination, d.route, d.verdict, d.reason,
    f.value ->> '$.detector' AS detector, f.value ->> '$.category' AS category,
    f.value ->> '$.surface' AS surface, f.value ->> '$.pointer' AS pointer,
    f.value ->> '$.length' AS length,
    (SELECT group_concat(c.value, ' > ') FROM json_each(f.value, '$.chain') c) AS chain,
    d.sequence
  FROM record d, json_each(d.body, '$.findings') f
  WHERE d.kind = 'decision'`

/** One row for each thing that a detector found and an exception of the policy let pass. */
const exceptions = `CREATE VIEW exceptions AS
  SELECT d.time, d.id, d.instrument, d.destination, d.route, d.verdict, d.reason,
    f.value ->> '$.exception' AS exception,
    f.value ->> '$.detector' AS detector, f.value ->> '$.category' AS category,
    f.value ->> '$.surface' AS surface, f.value ->> '$.pointer' AS pointer,
    f.value ->> '$.length' AS length, d.sequence
  FROM record d, json_each(d.body, '$.excepted') f
  WHERE d.kind = 'decision'`

/** One row for each request that a route with `mode: report-only` judged as well. What it would have said had no effect. */
const trials = `CREATE VIEW trials AS
  SELECT d.time, d.id, d.instrument, d.destination, d.route, d.verdict, d.reason,
    d.body ->> '$.trial.route' AS candidate, d.body ->> '$.trial.verdict' AS trial,
    d.body ->> '$.trial.reason' AS trial_reason, d.body ->> '$.trial.rule' AS trial_rule,
    (d.body ->> '$.trial.place.surface') || ' ' || (d.body ->> '$.trial.place.pointer') AS trial_place,
    (SELECT group_concat((f.value ->> '$.detector') || ' (' || (f.value ->> '$.category') || ') in ' ||
       (f.value ->> '$.surface') || ' ' || (f.value ->> '$.pointer'), '; ')
     FROM json_each(d.body, '$.trial.findings') f) AS trial_findings,
    d.sequence
  FROM record d
  WHERE d.kind = 'decision' AND d.body -> '$.trial' IS NOT NULL`

/** A column of the decision that record `r` is about. */
const about = (column: string): string =>
  `(SELECT d.${column} FROM record d WHERE d.id = r.decision AND d.kind = 'decision' LIMIT 1) AS ${column}`

/** One row for each thing that befell a held payload: who looked, approved, released, replayed, purged, and how it ended. */
const reviews = `CREATE VIEW reviews AS
  SELECT r.time, CASE WHEN r.kind = 'review.open' THEN r.body ->> '$.action' WHEN r.kind = 'purge' THEN 'purge'
      ELSE substr(r.kind, 8) END AS action,
    r.body ->> '$.actor' AS actor, r.body ->> '$.signature.reviewer' AS signed_by, r.decision,
    coalesce(r.body ->> '$.because', r.body ->> '$.note') AS because,
    coalesce(r.body ->> '$.cause', r.body ->> '$.finding', r.body ->> '$.error') AS cause,
    r.body ->> '$.people' AS people, coalesce(r.body ->> '$.release', r.body ->> '$.replay', r.body ->> '$.attempt') AS sent_as,
    r.body ->> '$.status' AS response_status,
    ${about('instrument')},
    ${about('destination')},
    ${about('route')},
    ${about('reason')}, r.sequence
  FROM record r
  WHERE r.kind = 'purge' OR (r.kind >= 'review.' AND r.kind < 'review/')`

/** One row for each policy that came into force. `until`: when the next one did; NULL for the one in force. */
const policies = `CREATE VIEW policies AS
  SELECT CAST(substr(id, 12) AS INTEGER) AS number, time, body ->> '$.policy' AS policy,
    body ->> '$.previous' AS previous, body ->> '$.cause' AS cause, body ->> '$.actor' AS actor,
    lead(time) OVER (ORDER BY sequence) AS until, sequence
  FROM record
  WHERE id >= 'activation-' AND id < 'activation.' AND kind = 'rules.activate'`

/** One row for each change of the keys that payloads are sealed to. `previous` and `fingerprint`: before and from then on. */
const reviewerKeys = `CREATE VIEW reviewer_keys AS
  SELECT time, body ->> '$.action' AS action, body ->> '$.reviewer' AS reviewer, body ->> '$.previous' AS previous,
    body ->> '$.fingerprint' AS fingerprint, body ->> '$.signingKey' AS signing_key, body ->> '$.resealed' AS resealed,
    body ->> '$.actor' AS actor, sequence
  FROM record
  WHERE id >= 'key-' AND id < 'key.' AND kind = 'key.rotate'`

/** One row for each start and stop of the appliance, and for each time in which the log could not be written. */
const operations = `CREATE VIEW operations AS
  SELECT time, kind, instrument, body ->> '$.actor' AS actor, body ->> '$.version' AS version, body ->> '$.policy' AS policy, body ->> '$.cause' AS cause,
    body ->> '$.since' AS since, body ->> '$.refused' AS refused, body ->> '$.settings' AS settings, sequence
  FROM record
  WHERE kind IN ('start', 'stop', 'gap', 'traffic.pause', 'traffic.resume', 'config.change')`

/** One row for each segment that was sealed or purged, and for each record that was redacted. */
const retention = `CREATE VIEW retention AS
  SELECT time, kind, coalesce(body ->> '$.first', body ->> '$.target') AS first,
    coalesce(body ->> '$.last', body ->> '$.target') AS last, body ->> '$.root' AS root, decision, reason,
    body ->> '$.actor' AS actor, sequence
  FROM record
  WHERE kind IN ('segment.seal', 'segment.purge', 'redact')`

/** One row for each connection that was to pass unopened. What `up` and `down` count, nobody has seen; they are empty while it is open. */
const splices = `CREATE VIEW splices AS
  SELECT d.time, d.id, d.instrument, d.client, d.ingress, d.destination, d.verdict, d.reason, d.body ->> '$.rule' AS rule,
    d.body ->> '$.splice.reserved' AS reserved,
    ${outcome('bytesUp')} AS up,
    ${outcome('bytes')} AS down,
    ${outcome('result')} AS result,
    ${outcome('error')} AS error,
    ${outcome('ms')} AS ms, d.body ->> '$.policy' AS policy, d.sequence
  FROM record d
  WHERE d.kind = 'decision' AND d.body -> '$.splice' IS NOT NULL`

/**
 * One row for each thing that befell a spooled payload: each attempt to send it, how that ended, and what became of it. `next`: when it is
 * tried again at the earliest.
 */
const deliveries = `CREATE VIEW deliveries AS
  SELECT r.time, substr(r.kind, 7) AS action, r.body ->> '$.actor' AS actor, r.decision,
    r.body ->> '$.attempt' AS attempt, r.body ->> '$.status' AS response_status, r.body ->> '$.error' AS error,
    r.body ->> '$.next' AS next, r.body ->> '$.because' AS because, r.body ->> '$.policy' AS policy,
    ${about('instrument')},
    ${about('destination')},
    ${about('route')}, r.sequence
  FROM record r
  WHERE r.kind >= 'spool.' AND r.kind < 'spool/'`

/** In the order of creation. */
export const views = {
  decisions,
  findings,
  exceptions,
  trials,
  reviews,
  policies,
  reviewer_keys: reviewerKeys,
  operations,
  retention,
  splices,
  deliveries,
} as const

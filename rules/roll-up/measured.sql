-- The roll-ups of measured.rq and unmeasured.rq, over rows: the same figures for the same assessments.
-- Reads: observations, grades, and from the model assessments, profiles, bands, counted (what an indicator counts
-- towards, with its weight; a thing without an indicator has one row without). DuckDB and Spark read the same text.

WITH graded AS (
  SELECT o.assessment, b.profile, o.indicator, COUNT(*) AS grades, COUNT(b.points) AS pointed,
    CAST(SUM(COALESCE(b.points, 0.0)) AS DOUBLE) / COUNT(*) AS points
  FROM observations o
  JOIN grades g ON g.observation = o.observation
  JOIN bands b ON b.band = g.band
  CROSS JOIN settings k
  WHERE o.statement IS NULL AND o.status = k.realised
  GROUP BY o.assessment, b.profile, o.indicator
), counted_up AS (
  SELECT a.assessment, a.city, a.year, p.profile, p.slug, p.adds_up, c.thing, c.place,
    CAST(COUNT(c.indicator) AS INTEGER) AS indicators, CAST(COUNT(g.grades) AS INTEGER) AS graded,
    SUM(CASE WHEN g.pointed = g.grades THEN 1 ELSE 0 END) AS pointed,
    SUM(c.weight * COALESCE(g.points, 0.0)) AS weighted,
    SUM(CASE WHEN g.grades IS NOT NULL THEN c.weight ELSE 0.0 END) AS graded_weight, SUM(c.weight) AS whole_weight
  FROM assessments a
  JOIN profiles p ON p.framework = a.framework
  JOIN counted c ON c.framework = a.framework
  LEFT JOIN graded g ON g.assessment = a.assessment AND g.profile = p.profile AND g.indicator = c.indicator
  GROUP BY a.assessment, a.city, a.year, p.profile, p.slug, p.adds_up, c.thing, c.place
)
SELECT CONCAT(REPLACE(assessment, '/id/assessment/', CONCAT('/id/roll-up/', slug, '/')), '/', place) AS roll_up,
  thing, city, assessment, profile, year, indicators, graded, indicators - graded AS ungraded,
  CASE WHEN adds_up AND pointed = graded AND graded_weight > 0
       THEN CAST(FLOOR(10000.0 * weighted / graded_weight + 0.5) / 10000.0 AS DECIMAL(12, 4)) END AS mean_graded,
  CASE WHEN adds_up AND pointed = graded AND whole_weight > 0
       THEN CAST(FLOOR(10000.0 * weighted / whole_weight + 0.5) / 10000.0 AS DECIMAL(12, 4)) END AS mean_all
FROM counted_up

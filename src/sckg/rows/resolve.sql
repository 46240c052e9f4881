-- The table of what is written, each word looked up and each number read; what is wrong with a row in its column problem.
-- Reads: written, settings, cities, indicators, answers, sources, grades_of, statuses. The codes are those of docs/problems.md.

WITH looked_up AS (
  SELECT w.file, w.row, w.value AS written_value, w.unit AS written_unit, w.city AS code, w.indicator AS indicator_slug,
    w.source AS source_slug, w.period, w.locator, w.note, w.stated, w.status AS written_status,
    c.iri AS city, i.iri AS indicator, i.key, i.unit AS usual_unit, i.minimum, i.maximum, i.is_whole, i.has_answers,
    s.iri AS source, s.assessment, s.year AS assessment_year, a.iri AS answer, g.iri AS stated_grade,
    COALESCE(t.iri, CASE WHEN w.status IS NULL THEN k.realised END) AS status, k.base,
    regexp_full_match(w.value, '[-+]?[0-9]{1,18}([.][0-9]{1,18})?') AS is_number,
    CASE WHEN regexp_full_match(w.period, '[0-9]{4}(/[0-9]{4})?|[0-9]{4}-[0-9]{2}(-[0-9]{2})?')
         THEN TRY_CAST(LEFT(REPLACE(w.period, '/', '-01-01/'), 10) || CASE length(w.period) WHEN 4 THEN '-01-01' WHEN 7 THEN '-01' ELSE '' END AS DATE)
    END AS begins,
    CAST(CASE WHEN w.period LIKE '____/____' THEN RIGHT(w.period, 4) ELSE LEFT(w.period, 4) END AS VARCHAR) AS last_year
  FROM written w
  CROSS JOIN settings k
  LEFT JOIN cities c ON c.code = w.city
  LEFT JOIN indicators i ON i.slug = w.indicator
  LEFT JOIN sources s ON s.code = w.city AND s.slug = w.source
  LEFT JOIN answers a ON a.indicator = w.indicator AND a.notation = w.value
  LEFT JOIN grades_of g ON g.framework = s.framework AND g.notation = w.stated
  LEFT JOIN statuses t ON t.notation = w.status
), read AS (
  SELECT *,
    CASE WHEN is_number AND NOT has_answers THEN CAST(written_value AS DECIMAL(36, 18)) END AS value,
    CASE WHEN period IS NULL THEN assessment_year WHEN begins IS NOT NULL THEN CAST(last_year AS INTEGER) END AS year
  FROM looked_up
)
SELECT file, row, code, indicator_slug, source_slug, written_value, written_unit, stated, written_status,
  base || 'observation/' || code || '/' || year || '/' || indicator_slug || '/' || source_slug AS observation,
  city, assessment, indicator, source, status, year, period, value, answer, key, usual_unit, stated_grade, locator, note,
  CASE
    WHEN city IS NULL THEN 'unknown-city'
    WHEN indicator IS NULL THEN 'unknown-indicator'
    WHEN source IS NULL THEN 'unknown-source'
    WHEN period IS NOT NULL AND (year IS NULL OR YEAR(begins) < 1945 OR year > 2100 OR year < YEAR(begins)) THEN 'bad-period'
    WHEN year IS NULL THEN 'no-period'
    WHEN written_value IS NOT NULL AND has_answers AND answer IS NULL THEN 'unknown-answer'
    WHEN written_value IS NOT NULL AND NOT has_answers AND value IS NULL THEN 'not-a-number'
    WHEN is_whole AND (value <> FLOOR(value) OR regexp_full_match(written_value, '[-+]?[1-9][0-9]{0,2}[.][0-9]{3}')) THEN 'not-a-number'
    WHEN (value IS NOT NULL OR written_unit IS NOT NULL) AND COALESCE(written_unit, '') <> COALESCE(usual_unit, '') THEN 'wrong-unit'
    WHEN value < minimum OR value > maximum THEN 'out-of-range'
    WHEN stated IS NOT NULL AND stated_grade IS NULL THEN 'unknown-grade'
    WHEN status IS NULL THEN 'unknown-word'
  END AS problem
FROM read

-- The grades of one profile as they are and as they would be, row by row: where they differ.
-- Reads: observations, supposed (the same rows as they would be), bands, was and becomes (observation, band).

SELECT o.city, o.year, o.indicator, o.observation, o.assessment,
  COALESCE(CAST(o.value AS VARCHAR), o.answer) AS value, COALESCE(CAST(s.value AS VARCHAR), s.answer) AS supposed,
  b.grade AS was, t.grade AS becomes
FROM observations o
JOIN supposed s ON s.observation = o.observation
LEFT JOIN was w ON w.observation = o.observation
LEFT JOIN becomes n ON n.observation = o.observation
LEFT JOIN bands b ON b.band = w.band
LEFT JOIN bands t ON t.band = n.band
WHERE b.grade IS DISTINCT FROM t.grade

-- title: Rows that repeat the values of another table
-- title@id: Baris yang mengulang nilai tabel lain
-- problem: Two or more rows in a line have the values of rows in a line of another table, though they ask something else. They were probably copied.
-- problem@id: Dua baris berurutan atau lebih memuat nilai yang sama dengan baris berurutan di tabel lain, padahal menanyakan hal lain. Kemungkinan tersalin.
-- remedy: Ask for the source of both tables and correct the copied rows.
-- remedy@id: Mintalah sumber kedua tabel dan perbaiki baris yang tersalin.
-- limits: Silent on runs without at least one number that is not round, and within one table. Two rows may agree by chance.
-- limits@id: Diam atas deret tanpa angka yang tidak bulat, dan dalam satu tabel. Dua baris mungkin sama secara kebetulan.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: Rows {copies} repeat the values of rows {originals} one after the other ({values}), though they ask something else. Were they copied?
-- message@id: Baris {copies} mengulang nilai baris {originals} secara berurutan ({values_id}), padahal menanyakan hal lain. Apakah tersalin?
-- computed: {values}
-- columns: city assessment about keys copies originals values values_id

WITH rows AS (
  SELECT o.city, o.assessment, o.observation, o.name, a.slot, a.place, COALESCE(RTRIM(RTRIM(CAST(o.value AS VARCHAR), '0'), '.'), s.word) AS said,
    o.value, o.value > 10 AND o.value % 5 <> 0 AS is_unusual
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  LEFT JOIN senses s ON s.answer = o.answer
  WHERE o.is_row AND a.slot IS NOT NULL AND (o.value IS NOT NULL OR s.word IS NOT NULL)
), lines AS (
  -- Two tables, one beside the other so that an unusual number of both stands in one line: there are few.
  SELECT DISTINCT x.assessment, x.slot, y.slot AS other_slot, y.place - x.place AS shift
  FROM rows x
  JOIN rows y ON y.assessment = x.assessment AND y.value = x.value AND y.slot > x.slot
  WHERE x.is_unusual AND y.is_unusual
), pairs AS (
  SELECT x.city, x.assessment, x.slot, l.other_slot, x.place, l.shift, x.observation, y.observation AS other, x.name, y.name AS other_name, x.said, x.is_unusual
  FROM lines l
  JOIN rows x ON x.assessment = l.assessment AND x.slot = l.slot
  JOIN rows y ON y.assessment = l.assessment AND y.slot = l.other_slot AND y.place = x.place + l.shift AND y.said = x.said
), runs AS (
  SELECT *, place - DENSE_RANK() OVER (PARTITION BY assessment, slot, other_slot, shift ORDER BY place) AS run
  FROM pairs
)
SELECT city, assessment, STRING_AGG(observation, ' ' ORDER BY place, observation, other) || ' ' || STRING_AGG(other, ' ' ORDER BY place, observation, other) AS about,
  STRING_AGG(name, ' ' ORDER BY place, observation, other) || ' ' || STRING_AGG(other_name, ' ' ORDER BY place, observation, other) AS keys,
  STRING_AGG(other_name, ' ' ORDER BY place, observation, other) AS copies, STRING_AGG(name, ' ' ORDER BY place, observation, other) AS originals, STRING_AGG(said, '; ' ORDER BY place, observation, other) AS "values",
  STRING_AGG(REPLACE(said, '.', ','), '; ' ORDER BY place, observation, other) AS values_id
FROM runs
GROUP BY city, assessment, slot, other_slot, shift, run
HAVING COUNT(DISTINCT place) > 1 AND BOOL_OR(is_unusual)
ORDER BY city, about

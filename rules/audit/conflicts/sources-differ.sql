-- title: Two sources that differ on one figure
-- title@id: Dua sumber yang berbeda atas satu angka
-- problem: Two places give one indicator of one city and year different values, by more than rounding explains. They cannot both be right.
-- problem@id: Dua tempat memberi nilai berbeda untuk satu indikator, kota, dan tahun, melebihi pembulatan. Keduanya tidak mungkin benar.
-- remedy: Ask which figure holds, on which date, and how each was measured; correct or explain the other.
-- remedy@id: Tanyakan angka mana yang berlaku, pada tanggal berapa, dan bagaimana tiap angka diukur; perbaiki atau jelaskan yang lain.
-- limits: Compares values of one assessment and one year only. Rounding to the last digit of the coarser figure is allowed for.
-- limits@id: Hanya membandingkan nilai dalam satu penilaian dan satu tahun. Pembulatan menurut angka terakhir yang lebih kasar diperhitungkan.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {indicator} is given as {values}. These cannot all be right: which one holds, and how was each measured?
-- message@id: {indicator} disebut sebesar {values_id}. Tidak mungkin semuanya benar: yang mana yang berlaku, dan bagaimana masing-masing diukur?
-- held: {indicator}: {values} agree.
-- held@id: {indicator}: {values_id} sesuai.
-- computed: {values}
-- columns: city assessment about keys holds indicator values values_id difference tolerance

WITH several AS (
  SELECT city, assessment, indicator, year
  FROM observed
  WHERE value IS NOT NULL
  GROUP BY city, assessment, indicator, year
  HAVING COUNT(*) > 1
), said AS (
  SELECT o.city, o.assessment, o.indicator, o.year, o.observation, o.name, o.value, o.is_row, o.source,
    RTRIM(RTRIM(CAST(o.value AS VARCHAR), '0'), '.') AS figure, CASE WHEN a.unit = '%' THEN '%' ELSE '' END AS unit,
    CASE WHEN o.value = ROUND(o.value, 0) THEN 0 WHEN o.value = ROUND(o.value, 1) THEN 1 WHEN o.value = ROUND(o.value, 2) THEN 2 ELSE 3 END AS places
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  JOIN several t ON t.city = o.city AND t.assessment IS NOT DISTINCT FROM o.assessment AND t.indicator = o.indicator AND t.year = o.year
  WHERE o.value IS NOT NULL
), compared AS (
  SELECT city, assessment, indicator, year, STRING_AGG(observation, ' ' ORDER BY is_row DESC, observation) AS about,
    STRING_AGG(COALESCE(name, '?'), ' ' ORDER BY is_row DESC, observation) AS keys,
    STRING_AGG(figure || unit || ' (' || COALESCE(name, '?') || ')', '; ' ORDER BY is_row DESC, observation) AS said_values,
    STRING_AGG(REPLACE(figure, '.', ',') || unit || ' (' || COALESCE(name, '?') || ')', '; ' ORDER BY is_row DESC, observation) AS values_id,
    MAX(value) - MIN(value) AS difference, CAST(0.5 * POWER(10, -MIN(places)) AS DECIMAL(12, 5)) AS half
  FROM said
  GROUP BY city, assessment, indicator, year
)
SELECT city, assessment, about, keys, difference <= half AS holds, indicator, said_values AS "values",
  values_id, difference, CASE WHEN difference = 0 THEN 0 ELSE half END AS tolerance
FROM compared
ORDER BY city, about

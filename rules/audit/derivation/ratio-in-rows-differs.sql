-- title: Rows whose ratio is not that of their figures
-- title@id: Baris yang rasionya tidak sesuai angkanya
-- problem: An indicator is one figure over another, the assessment states all three, and they do not agree.
-- problem@id: Sebuah indikator adalah satu angka dibagi angka lain, penilaian menyebut ketiganya, tetapi tidak sesuai.
-- remedy: Ask which of the three is right.
-- remedy@id: Tanyakan mana dari ketiganya yang benar.
-- limits: Compares counts of one assessment and one year. One unit of the last digit, rounded or cut off, is allowed for, and half a digit of figures that are no counts.
-- limits@id: Membandingkan hitungan dalam satu penilaian dan satu tahun. Satu satuan angka terakhir, dibulatkan atau dipotong, diperhitungkan, juga setengah angka dari bilangan yang bukan hitungan.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {keys}: {counted} / {total} = {result}, and not {value} as stated.
-- message@id: {keys}: {counted} / {total} = {result}, bukan {value} seperti disebut.
-- held: {keys}: {counted} / {total} = {result}, stated as {value}.
-- held@id: {keys}: {counted} / {total} = {result}, disebut {value}.
-- computed: {counted} / {total} = {result}
-- columns: city assessment about keys holds counted total result value

WITH figures AS (
  SELECT o.city, o.assessment, o.year, o.indicator, o.observation, o.name, o.value, a.numerator, a.divisor,
    CASE WHEN o.value = ROUND(o.value, 0) THEN 1.0 WHEN o.value = ROUND(o.value, 1) THEN 0.1 WHEN o.value = ROUND(o.value, 2) THEN 0.01 ELSE 0.001 END AS unit,
    a.kind = 'count' AS is_exact
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  WHERE o.value IS NOT NULL
), ratios AS (
  SELECT r.city, r.assessment, r.observation, r.name, r.value, n.value AS counted, d.value AS total, CAST(n.value AS DOUBLE) / CAST(d.value AS DOUBLE) AS result,
    r.unit + (CASE WHEN n.is_exact THEN 0 ELSE n.unit / 2 END + ABS(CAST(r.value AS DOUBLE)) * CASE WHEN d.is_exact THEN 0 ELSE d.unit / 2 END) / CAST(d.value AS DOUBLE) AS tolerance
  FROM figures r
  JOIN figures n ON n.indicator = r.numerator AND n.assessment = r.assessment AND n.year = r.year
  -- What is no count, such as an area, may be of another year.
  JOIN figures d ON d.indicator = r.divisor AND d.assessment = r.assessment AND (d.year = r.year OR NOT d.is_exact)
  WHERE r.numerator IS NOT NULL AND d.value > 0
)
SELECT city, assessment, observation AS about, name AS keys, ABS(result - CAST(value AS DOUBLE)) <= tolerance + 1e-9 AS holds,
  counted, total, CAST(ROUND(result, 2) AS DECIMAL(18, 2)) AS result, value
FROM ratios
-- Where two sources give a figure, the one that fits counts.
QUALIFY ROW_NUMBER() OVER (PARTITION BY observation ORDER BY ABS(result - CAST(value AS DOUBLE)) - tolerance, counted, total) = 1
ORDER BY city, about

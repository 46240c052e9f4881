-- title: Rows whose ratio is not that of their figures
-- title@id: Baris yang rasionya tidak sesuai angkanya
-- problem: An indicator is one figure over another, the assessment states all three, and they do not agree.
-- problem@id: Sebuah indikator adalah satu angka dibagi angka lain, penilaian menyebut ketiganya, tetapi tidak sesuai.
-- remedy: Ask which of the three is right.
-- remedy@id: Tanyakan mana dari ketiganya yang benar.
-- limits: One unit of the last digit, or half a percent, is allowed for.
-- limits@id: Satu satuan angka terakhir, atau setengah persen, diperhitungkan.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {keys}: {counted} / {total} = {result}, and not {value} as stated.
-- message@id: {keys}: {counted} / {total} = {result}, bukan {value} seperti disebut.
-- held: {keys}: {counted} / {total} = {result}, stated as {value}.
-- held@id: {keys}: {counted} / {total} = {result}, disebut {value}.
-- computed: {counted} / {total} = {result}
-- columns: city assessment about keys holds counted total result value

SELECT r.city, r.assessment, r.observation AS about, r.name AS keys,
  ABS(CAST(n.value AS DOUBLE) / CAST(d.value AS DOUBLE) - CAST(r.value AS DOUBLE)) <= GREATEST(1.0, 0.005 * CAST(r.value AS DOUBLE)) AS holds,
  n.value AS counted, d.value AS total, CAST(ROUND(CAST(n.value AS DOUBLE) / CAST(d.value AS DOUBLE), 2) AS DECIMAL(18, 2)) AS result, r.value
FROM observed r
JOIN asked a ON a.indicator = r.indicator
JOIN observed n ON n.indicator = a.numerator AND n.assessment = r.assessment AND n.city = r.city AND n.year = r.year
JOIN observed d ON d.indicator = a.divisor AND d.assessment = r.assessment AND d.city = r.city
WHERE r.value IS NOT NULL AND n.value IS NOT NULL AND d.value > 0
ORDER BY r.city, about

-- title: Rows whose part is larger than its whole
-- title@id: Baris yang bagiannya lebih besar daripada keseluruhannya
-- problem: An indicator counts some of what another counts, and its value is the larger of the two.
-- problem@id: Sebuah indikator menghitung sebagian dari yang dihitung indikator lain, tetapi nilainya lebih besar.
-- remedy: Ask for both counts on one date.
-- remedy@id: Mintalah kedua hitungan pada satu tanggal.
-- limits: Compares values of one assessment and one year only; silent where one of the counts is missing.
-- limits@id: Hanya membandingkan nilai dalam satu penilaian dan satu tahun; diam bila salah satu hitungan tidak ada.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: {part} is {counted}, and {whole}, of which it is a part, only {total}: a part cannot be larger than its whole.
-- message@id: {part} sebesar {counted}, sedangkan {whole} sebagai keseluruhannya hanya {total}: bagian tidak mungkin lebih besar daripada keseluruhannya.
-- held: {part} is {counted} of the {total} of {whole}: it fits.
-- held@id: {part} sebesar {counted} dari {whole} {total}: sesuai.
-- computed: {counted} <= {total}
-- columns: city assessment about keys holds part whole counted total

SELECT p.city, p.assessment, p.observation || ' ' || MIN(w.observation) AS about, p.name || ' ' || MIN(w.name) AS keys,
  p.value <= MAX(w.value) AS holds, p.name AS part, MIN(w.name) AS whole, p.value AS counted, MAX(w.value) AS total
FROM observed p
JOIN asked a ON a.indicator = p.indicator
JOIN observed w ON w.indicator = a.superset AND w.assessment = p.assessment AND w.year = p.year
WHERE p.value IS NOT NULL AND w.value IS NOT NULL
GROUP BY p.city, p.assessment, p.observation, p.name, p.value
ORDER BY p.city, about

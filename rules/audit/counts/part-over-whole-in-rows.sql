-- title: Rows whose part is larger than its whole
-- title@id: Baris yang bagiannya lebih besar daripada keseluruhannya
-- problem: An indicator counts some of what another counts, and its value is the larger of the two.
-- problem@id: Sebuah indikator menghitung sebagian dari yang dihitung indikator lain, tetapi nilainya lebih besar.
-- remedy: Ask for both counts on one date.
-- remedy@id: Mintalah kedua hitungan pada satu tanggal.
-- limits: Compares values of one assessment only; silent where one of the counts is missing.
-- limits@id: Hanya membandingkan nilai dalam satu penilaian; diam bila salah satu hitungan tidak ada.
-- severity: high
-- reads: evidence
-- writes: doubts
-- message: The part {keys} is {counted}, the whole only {total}: a part cannot be larger than its whole.
-- message@id: Bagian {keys} sebesar {counted}, keseluruhannya hanya {total}: bagian tidak mungkin lebih besar daripada keseluruhannya.
-- held: {keys}: {counted} of {total} fits.
-- held@id: {keys}: {counted} dari {total} sesuai.
-- computed: {counted} <= {total}
-- columns: city assessment about keys holds counted total

SELECT p.city, p.assessment, p.observation || ' ' || MIN(w.observation) AS about, p.name || ' ' || MIN(w.name) AS keys,
  p.value <= MAX(w.value) AS holds, p.value AS counted, MAX(w.value) AS total
FROM observed p
JOIN asked a ON a.indicator = p.indicator
JOIN observed w ON w.indicator = a.superset AND w.assessment = p.assessment AND w.city = p.city
WHERE p.value IS NOT NULL AND w.value IS NOT NULL
GROUP BY p.city, p.assessment, p.observation, p.name, p.value
ORDER BY p.city, about

-- title: Percentages without the number they are of
-- title@id: Persentase tanpa bilangan pembaginya
-- problem: A table gives percentages and nowhere the number that they are of, so that nobody can check them or weigh them.
-- problem@id: Tabel memberi persentase tanpa menyebut bilangan pembaginya, sehingga tidak dapat diperiksa atau ditimbang.
-- remedy: Ask for numerator and denominator of each.
-- remedy@id: Mintalah pembilang dan penyebut masing-masing.
-- limits: One doubt for each table. Silent on shares whose count the assessment states.
-- limits@id: Satu keraguan untuk setiap tabel. Diam atas porsi yang bilangan pembaginya disebut dalam penilaian.
-- severity: low
-- reads: evidence
-- writes: doubts
-- message: {slot}: the percentages in rows {keys} come without the number that they are of.
-- message@id: {slot}: persentase pada baris {keys} tidak disertai bilangan pembaginya.
-- columns: city assessment about keys slot

SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about, STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys, a.slot
FROM observed o
JOIN asked a ON a.indicator = o.indicator
LEFT JOIN (SELECT DISTINCT assessment, indicator FROM observed WHERE value IS NOT NULL) w ON w.assessment = o.assessment AND w.indicator = a.whole
WHERE o.is_row AND a.kind IN ('percent', 'ratio') AND o.value NOT IN (0, 100) AND w.indicator IS NULL AND a.slot IS NOT NULL
GROUP BY o.city, o.assessment, a.slot
ORDER BY o.city, about

-- title: Rows that state no period
-- title@id: Baris yang tidak menyebut periode
-- problem: The rows of a table do not say of which year they are, so that no norm of a date and no later edition can be set beside them with certainty.
-- problem@id: Baris suatu tabel tidak menyebut tahunnya, sehingga norma bertanggal dan edisi berikutnya tidak dapat disandingkan dengan pasti.
-- remedy: Ask for the date of each figure.
-- remedy@id: Mintalah tanggal tiap angka.
-- limits: One doubt for each source.
-- limits@id: Satu keraguan untuk setiap sumber.
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: {undated} of {rows} rows of {source} state no year: {names}. Of which date are they?
-- message@id: {undated} dari {rows} baris {source} tidak menyebut tahun: {names}. Tanggal berapa angkanya?
-- columns: city assessment about keys undated rows source names

SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about, STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys, COUNT(*) AS undated,
  ANY_VALUE(t.rows) AS rows, o.source, STRING_AGG(o.name, ', ' ORDER BY a.slot, a.place, o.observation) AS names
FROM observed o
JOIN asked a ON a.indicator = o.indicator
JOIN (SELECT source, COUNT(*) AS rows, COUNT(period) AS dated FROM observed WHERE is_row GROUP BY source) t ON t.source = o.source
WHERE o.is_row AND o.period IS NULL
GROUP BY o.city, o.assessment, o.source
ORDER BY o.city, about

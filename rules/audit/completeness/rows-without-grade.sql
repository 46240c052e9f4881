-- title: Rows without a grade in a graded table
-- title@id: Baris tanpa nilai mutu dalam tabel yang dinilai
-- problem: Rows of a table have no grade while others have one; every sum over the table then depends on how they are counted.
-- problem@id: Sebagian baris tabel tidak bernilai mutu sedangkan yang lain bernilai; setiap rekapitulasi tabel bergantung pada cara menghitungnya.
-- remedy: Ask for the grade of each, or say that it does not count.
-- remedy@id: Mintalah nilai mutunya, atau nyatakan tidak dihitung.
-- limits: Silent where no row of the table has a printed grade.
-- limits@id: Diam bila tidak ada baris tabel yang bernilai mutu tercetak.
-- severity: medium
-- reads: evidence
-- writes: doubts
-- message: Without a grade in {slot}: {ungraded} of {rows} rows, {names}. Do they count as not ready, or are they left out?
-- message@id: Tanpa nilai mutu dalam {slot}: {ungraded} dari {rows} baris, yaitu {names}. Apakah dihitung belum siap, atau tidak dihitung?
-- columns: city assessment about keys ungraded rows slot names

SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about, STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys, COUNT(*) AS ungraded,
  ANY_VALUE(t.rows) AS rows, a.slot, STRING_AGG(o.name || COALESCE(' (' || s.word || ')', ''), ', ' ORDER BY a.slot, a.place, o.observation) AS names
FROM observed o
JOIN asked a ON a.indicator = o.indicator
LEFT JOIN senses s ON s.answer = o.answer
JOIN (
  SELECT i.assessment, j.slot, COUNT(*) AS rows, COUNT(i.stated_grade) AS graded
  FROM observed i
  JOIN asked j ON j.indicator = i.indicator
  WHERE i.is_row AND j.slot IS NOT NULL
  GROUP BY i.assessment, j.slot
) t ON t.assessment = o.assessment AND t.slot = a.slot
WHERE o.is_row AND o.stated_grade IS NULL AND t.graded > 0
GROUP BY o.city, o.assessment, a.slot
ORDER BY o.city, about

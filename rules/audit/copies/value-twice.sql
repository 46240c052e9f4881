-- title: An unusual percentage that stands twice
-- title@id: Persentase tidak lazim yang muncul dua kali
-- problem: Two different indicators of one assessment have one and the same percentage, which is not a round one.
-- problem@id: Dua indikator berbeda dalam satu penilaian memiliki persentase yang persis sama dan bukan angka bulat.
-- remedy: Ask whether one of them was copied.
-- remedy@id: Tanyakan apakah salah satunya tersalin.
-- limits: Percentages agree by chance now and then. Silent on multiples of 5.
-- limits@id: Persentase kadang sama secara kebetulan. Diam atas kelipatan 5.
-- severity: low
-- reads: evidence
-- writes: doubts
-- message: Rows {keys} all say {value}%, though they ask different things. Is one of them copied?
-- message@id: Baris {keys} sama-sama menyebut {value}%, padahal menanyakan hal berbeda. Apakah ada yang tersalin?
-- computed: {value}
-- columns: city assessment about keys value

SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place) AS about, STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place) AS keys, o.value
FROM observed o
JOIN asked a ON a.indicator = o.indicator
WHERE o.is_row AND a.kind IN ('percent', 'ratio') AND o.value IS NOT NULL AND o.value % 5 <> 0
GROUP BY o.city, o.assessment, o.value
HAVING COUNT(DISTINCT o.indicator) > 1
ORDER BY o.city, about

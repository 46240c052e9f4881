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

WITH unusual AS (
  SELECT o.city, o.assessment, o.indicator, o.observation, o.name, o.value, a.slot, a.place
  FROM observed o
  JOIN asked a ON a.indicator = o.indicator
  WHERE o.is_row AND a.kind IN ('percent', 'ratio') AND o.value % 5 <> 0
), twice AS (
  SELECT city, assessment, value
  FROM unusual
  GROUP BY city, assessment, value
  HAVING COUNT(DISTINCT indicator) > 1
)
SELECT u.city, u.assessment, STRING_AGG(u.observation, ' ' ORDER BY u.slot, u.place, u.observation) AS about, STRING_AGG(u.name, ' ' ORDER BY u.slot, u.place, u.observation) AS keys, u.value
FROM unusual u
JOIN twice t ON t.city = u.city AND t.assessment IS NOT DISTINCT FROM u.assessment AND t.value = u.value
GROUP BY u.city, u.assessment, u.value
ORDER BY u.city, about

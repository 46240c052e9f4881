-- title: Counts graded without a base
-- title@id: Jumlah yang dinilai tanpa pembanding
-- problem: Raw counts are graded, though a city of twice the size would have twice as many: nothing says per how many residents, staff, schools or villages.
-- problem@id: Jumlah mentah diberi nilai mutu, padahal kota dua kali lebih besar akan punya dua kali lebih banyak: tidak disebut per berapa penduduk, pegawai, sekolah, atau kelurahan.
-- remedy: Ask for the base, and grade the count per that base.
-- remedy@id: Mintalah pembandingnya, lalu nilai jumlah per pembanding itu.
-- limits: One doubt for each table. Silent on counts that are zero.
-- limits@id: Satu keraguan untuk setiap tabel. Diam atas jumlah nol.
-- severity: low
-- reads: evidence
-- writes: doubts
-- message: {slot}: the counts in rows {keys} are graded with no base (per resident, staff member, school or kelurahan). A larger city would be graded otherwise for its size alone.
-- message@id: {slot}: jumlah pada baris {keys} dinilai tanpa pembanding (per penduduk, pegawai, sekolah, atau kelurahan). Kota yang lebih besar akan dinilai lain hanya karena ukurannya.
-- columns: city assessment about keys slot

SELECT o.city, o.assessment, STRING_AGG(o.observation, ' ' ORDER BY a.slot, a.place, o.observation) AS about, STRING_AGG(o.name, ' ' ORDER BY a.slot, a.place, o.observation) AS keys, a.slot
FROM observed o
JOIN asked a ON a.indicator = o.indicator
WHERE o.is_row AND a.kind IN ('count', 'amount') AND o.stated_grade IS NOT NULL AND o.value > 0 AND a.slot IS NOT NULL
GROUP BY o.city, o.assessment, a.slot
ORDER BY o.city, about

INSERT INTO meta VALUES
    ('me', '{"person":"ana","device":"d1"}'),
    ('server', '{"address":"https://pager.example.org/"}'),
    ('person_name', '"Ana"'),
    ('cursor', '"00000007-12"'),
    ('directory', '{"people":{"ana":"Ana"},"teams":{},"services":{}}'),
    ('clock_offset_ms', '-60000'),
    ('batched_through', '3'),
    ('next_number', '5');
INSERT INTO tickets VALUES (1, TRUE, '{"id":1,"version":3,"team":"shop","service":"checkout","dedup_key":"k","severity":"SEV1","title":"Checkout fails","source":"alertmanager","state":"assigned","state_since":1700000000000,"owner":"ana","opened_at":1700000000000,"repeats":0,"pages":[{"id":"1.1","person":"ana","role":"owner","reason":"assigned","at":1700000000000,"expires_at":1700000420000}]}');
INSERT INTO entries VALUES (1, 12, '{"seq":12,"at":1700000000000,"events":[{"type":"repeated","source":"alertmanager"}]}');
INSERT INTO outbox VALUES (1, 'tap-00000001', '{"number":1,"request":{"id":"tap-00000001","ticket":1,"at":1700000000000,"action":{"type":"check_in"}},"pages":["1.1"]}');
INSERT INTO receipts VALUES
    (2, '1.1', TRUE, '{"number":2,"report":{"page":"1.1","rung":"received","at":1700000000000}}'),
    (3, '1.1', FALSE, '{"number":3,"report":{"page":"1.1","rung":"sounding","at":1700000000000,"effective_volume":0.8}}');
INSERT INTO notices VALUES (4, '{"number":4,"kind":"refused","ticket":1,"text":"Ben checked in.","at":1700000000000,"happened_at":1699999990000}');

-- What decisions say that procedures cost, and while they are in force.

CREATE TABLE fee (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    code VARCHAR(40) NOT NULL,
    valid_from DATE,
    valid_until DATE,
    in_person_vnd INTEGER,
    online_vnd INTEGER,
    decision VARCHAR(200) NOT NULL
);
CREATE UNIQUE INDEX fee_office_code_valid_from ON fee (office, code, valid_from);

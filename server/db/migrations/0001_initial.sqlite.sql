-- Every table of the first version. Checks and unique indexes are the net under the rules, never the rule itself.

CREATE TABLE journal (
    office VARCHAR(40) PRIMARY KEY NOT NULL,
    seq BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    day DATE,
    day_seq BIGINT NOT NULL
);

CREATE TABLE event (
    id VARCHAR(60) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    kind VARCHAR(40) NOT NULL,
    actor VARCHAR(80) NOT NULL,
    body TEXT NOT NULL,
    hash VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX event_office_seq ON event (office, seq);

CREATE TABLE office (
    code VARCHAR(40) PRIMARY KEY NOT NULL,
    national_code VARCHAR(10) NOT NULL,
    name_vi VARCHAR(200) NOT NULL,
    name_en VARCHAR(200) NOT NULL,
    parent VARCHAR(40) NOT NULL,
    address VARCHAR(300) NOT NULL,
    time_zone VARCHAR(60) NOT NULL,
    valid_from DATE,
    valid_until DATE
);

CREATE TABLE service_line (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    code VARCHAR(4) NOT NULL,
    prefix VARCHAR(4) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    name_vi VARCHAR(200) NOT NULL,
    name_en VARCHAR(200) NOT NULL,
    expected_minutes DOUBLE PRECISION NOT NULL,
    spread DOUBLE PRECISION NOT NULL,
    first_number INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    fields TEXT NOT NULL,
    position INTEGER NOT NULL
);
CREATE UNIQUE INDEX service_line_office_code ON service_line (office, code);

CREATE TABLE procedure (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    code VARCHAR(40) NOT NULL,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    field_vi VARCHAR(200) NOT NULL,
    line VARCHAR(4) NOT NULL,
    minutes INTEGER,
    statutory_days INTEGER,
    promised_days INTEGER,
    fee_in_person_vnd INTEGER,
    fee_online_vnd INTEGER,
    required_documents TEXT NOT NULL,
    short_info_vi TEXT NOT NULL,
    folded TEXT NOT NULL
);
CREATE UNIQUE INDEX procedure_office_code ON procedure (office, code);

CREATE TABLE counter (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    number INTEGER NOT NULL,
    name_vi VARCHAR(200) NOT NULL,
    name_en VARCHAR(200) NOT NULL,
    lines TEXT NOT NULL
);
CREATE UNIQUE INDEX counter_office_number ON counter (office, number);

CREATE TABLE hours (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    weekdays VARCHAR(20) NOT NULL,
    opens INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    valid_from DATE,
    valid_until DATE
);
CREATE UNIQUE INDEX hours_office_weekdays_opens_valid_from ON hours (office, weekdays, opens, valid_from);

CREATE TABLE closure (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    date DATE NOT NULL,
    until DATE,
    opens INTEGER,
    closes INTEGER,
    name_vi VARCHAR(200) NOT NULL,
    name_en VARCHAR(200) NOT NULL
);
CREATE UNIQUE INDEX closure_office_date_opens ON closure (office, date, opens);

CREATE TABLE shift (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    username VARCHAR(100) NOT NULL,
    counter INTEGER NOT NULL,
    weekdays VARCHAR(20) NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    every_weeks INTEGER NOT NULL,
    first_week DATE,
    lines TEXT NOT NULL
);
CREATE UNIQUE INDEX shift_office_username_weekdays_starts_first_week ON shift (office, username, weekdays, starts, first_week);

CREATE TABLE priority_group (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    code VARCHAR(40) NOT NULL,
    name_vi VARCHAR(200) NOT NULL,
    name_en VARCHAR(200) NOT NULL,
    rate DOUBLE PRECISION NOT NULL,
    position INTEGER NOT NULL
);
CREATE UNIQUE INDEX priority_group_office_code ON priority_group (office, code);

CREATE TABLE setting (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    key VARCHAR(60) NOT NULL,
    value TEXT NOT NULL
);
CREATE UNIQUE INDEX setting_office_key ON setting (office, key);

CREATE TABLE officer (
    id INTEGER PRIMARY KEY,
    office VARCHAR(40) NOT NULL,
    username VARCHAR(100) NOT NULL,
    full_name VARCHAR(200) NOT NULL,
    role VARCHAR(20) NOT NULL,
    lines TEXT NOT NULL,
    password_hash VARCHAR(200),
    failures INTEGER NOT NULL,
    locked_until TIMESTAMPTZ,
    active BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX officer_office_username ON officer (office, username);
CREATE INDEX officer_username ON officer (username);

CREATE TABLE token (
    hash VARCHAR(64) PRIMARY KEY NOT NULL,
    kind VARCHAR(10) NOT NULL,
    office VARCHAR(40) NOT NULL,
    subject VARCHAR(100) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX token_subject ON token (kind, subject);

CREATE TABLE idempotency_key (
    scope VARCHAR(64) PRIMARY KEY NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_key_at ON idempotency_key (at);

CREATE TABLE server_secret (
    name VARCHAR(40) PRIMARY KEY NOT NULL,
    value VARCHAR(100) NOT NULL
);

CREATE TABLE device (
    id VARCHAR(32) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    name VARCHAR(100) NOT NULL,
    counter INTEGER,
    place INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ,
    printer VARCHAR(10) NOT NULL,
    paper VARCHAR(10),
    detail VARCHAR(200),
    queued INTEGER,
    clock_skew_ms INTEGER
);
CREATE INDEX device_office ON device (office);

CREATE TABLE appointment (
    reference VARCHAR(20) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    line VARCHAR(4) NOT NULL,
    procedures TEXT NOT NULL,
    officer VARCHAR(100),
    purpose VARCHAR(10) NOT NULL,
    state VARCHAR(12) NOT NULL CHECK (state IN ('held', 'confirmed', 'checked-in', 'cancelled', 'no-show')),
    created_at TIMESTAMPTZ NOT NULL,
    held_until TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    checked_in_at TIMESTAMPTZ,
    ticket VARCHAR(100),
    sequence INTEGER NOT NULL,
    manage_no INTEGER NOT NULL,
    language VARCHAR(2) NOT NULL,
    name VARCHAR(200),
    phone VARCHAR(20),
    email VARCHAR(254),
    dossier_number VARCHAR(60),
    identity_hash VARCHAR(64),
    identity_tail VARCHAR(3),
    tries INTEGER NOT NULL,
    tries_since TIMESTAMPTZ
);
CREATE INDEX appointment_start ON appointment (office, starts_at);
CREATE INDEX appointment_phone ON appointment (phone);

CREATE TABLE ticket (
    id VARCHAR(100) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    day DATE NOT NULL,
    series VARCHAR(4) NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    label VARCHAR(12) NOT NULL,
    line VARCHAR(4) NOT NULL,
    klass VARCHAR(40),
    rate INTEGER NOT NULL,
    source VARCHAR(16) NOT NULL,
    state VARCHAR(12) NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'parked', 'missed', 'served', 'withdrawn', 'no-show', 'closed')),
    virtual_at TIMESTAMPTZ NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    issued_seq BIGINT NOT NULL,
    touched_seq BIGINT NOT NULL,
    only_officer VARCHAR(100),
    only_counter INTEGER,
    back_to VARCHAR(100),
    first_called_at TIMESTAMPTZ,
    called_at TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    ended_seq BIGINT,
    announced_at TIMESTAMPTZ,
    announced_seq BIGINT,
    announced_counter INTEGER,
    counter INTEGER,
    officer VARCHAR(100),
    misses INTEGER NOT NULL,
    missed_at TIMESTAMPTZ,
    returned_seq BIGINT,
    parked_at TIMESTAMPTZ,
    kept_ms BIGINT NOT NULL,
    parked_until TIMESTAMPTZ,
    chosen_by VARCHAR(100),
    choice_reason VARCHAR(200),
    park_reason VARCHAR(200),
    visit VARCHAR(100) NOT NULL,
    appointment VARCHAR(20),
    procedures TEXT NOT NULL,
    served_procedures TEXT NOT NULL,
    outcome VARCHAR(40),
    dossiers INTEGER,
    promised_on DATE,
    language VARCHAR(2) NOT NULL,
    sample BOOLEAN NOT NULL,
    follow_no INTEGER NOT NULL,
    follow_hash VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX ticket_office_day_series_number ON ticket (office, day, series, number);
CREATE UNIQUE INDEX ticket_follow_hash ON ticket (follow_hash);
CREATE INDEX ticket_open ON ticket (office, line) WHERE state IN ('waiting', 'called', 'serving', 'parked', 'missed');
CREATE INDEX ticket_day ON ticket (office, day);
CREATE INDEX ticket_announced ON ticket (office, announced_seq);

CREATE TABLE desk (
    id VARCHAR(50) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    counter INTEGER NOT NULL,
    officer VARCHAR(100),
    opened_at TIMESTAMPTZ,
    paused_at TIMESTAMPTZ,
    paused_until TIMESTAMPTZ,
    pause_reason VARCHAR(200),
    extra_lines TEXT NOT NULL,
    extra_until TIMESTAMPTZ,
    help_kind VARCHAR(12),
    help_at TIMESTAMPTZ,
    undo_verb VARCHAR(20),
    undo_until TIMESTAMPTZ,
    undo_seq BIGINT,
    undo TEXT
);
CREATE UNIQUE INDEX desk_office_counter ON desk (office, counter);

CREATE TABLE number_series (
    id VARCHAR(50) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    line VARCHAR(4) NOT NULL,
    day DATE NOT NULL,
    day_first INTEGER NOT NULL,
    last INTEGER NOT NULL
);
CREATE UNIQUE INDEX number_series_office_line ON number_series (office, line);

CREATE TABLE card (
    id VARCHAR(60) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    label VARCHAR(12) NOT NULL,
    state VARCHAR(8) NOT NULL,
    ticket VARCHAR(100)
);
CREATE UNIQUE INDEX card_office_label ON card (office, label);

CREATE TABLE promise (
    ticket VARCHAR(100) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    day DATE NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    p50 INTEGER NOT NULL,
    p90 INTEGER NOT NULL,
    formulas TEXT NOT NULL
);
CREATE INDEX promise_day ON promise (office, day);

CREATE TABLE rating (
    id VARCHAR(32) PRIMARY KEY NOT NULL,
    office VARCHAR(40) NOT NULL,
    ticket VARCHAR(100) NOT NULL,
    served_seq BIGINT NOT NULL,
    day DATE NOT NULL,
    level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    reasons TEXT NOT NULL,
    source VARCHAR(10) NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    comment TEXT,
    contact VARCHAR(200)
);
CREATE UNIQUE INDEX rating_ticket ON rating (ticket);
CREATE INDEX rating_day ON rating (office, day);

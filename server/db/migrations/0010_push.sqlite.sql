-- Which browser is told of which booking, or place in a waiting list. It dies with their contact data.
CREATE TABLE push_subscription (
    reference VARCHAR(20) PRIMARY KEY NOT NULL,
    endpoint VARCHAR(1000) NOT NULL,
    p256dh VARCHAR(100) NOT NULL,
    auth VARCHAR(30) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX push_subscription_endpoint ON push_subscription (endpoint);

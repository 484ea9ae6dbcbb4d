"""What the database keeps and checks for events that are written ahead of the head (see bulk.py).

Whoever writes ahead announces the span in `ahead`. Nothing of it can be committed unless by then all of the span is written and the
head has passed it; so whatever a program does, the log that others see has no gap.
"""

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS ahead (
        first bigint PRIMARY KEY, last bigint NOT NULL, written bigint NOT NULL DEFAULT 0, CHECK (first <= last)
    )
    """,
    """
    CREATE OR REPLACE FUNCTION check_order() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        head bigint;
        first_position bigint;
        last_position bigint;
        rows bigint;
    BEGIN
        SELECT min(position), max(position), count(*) INTO first_position, last_position, rows FROM added;
        IF rows = 0 THEN RETURN NULL; END IF;
        SELECT position INTO head FROM heads;
        IF first_position > head + 1 AND last_position = first_position + rows - 1 THEN
            UPDATE ahead SET written = written + rows WHERE first <= first_position AND last_position <= last;
            IF FOUND THEN RETURN NULL; END IF;
        END IF;
        SELECT position INTO head FROM heads FOR UPDATE;
        IF first_position <> head + 1 OR last_position <> head + rows THEN
            RAISE EXCEPTION 'positions % to % (% rows) do not follow the head %', first_position, last_position, rows, head
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        UPDATE heads SET position = last_position;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION check_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM ahead
        WHERE first = NEW.first AND last = NEW.last AND written = last - first + 1
          AND EXISTS (SELECT FROM heads WHERE heads.position >= ahead.last);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'positions % to % were written ahead and not closed', NEW.first, NEW.last
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER closed AFTER INSERT ON ahead DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_closed()
    """,
)
"""To be executed by a migration after `create_log`."""

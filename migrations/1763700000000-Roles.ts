import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APP_ROLE, LOOKUP_ROLE } from '../src/database/row-level-security';

/**
 * The two roles of isolation. Roles belong to the whole server, so another database of it may have made them already,
 * perhaps at this very moment: then it is tried again. The role that migrates may become either of them, but has none of
 * their rights by itself: with INHERIT the policies of the lookup role would show it every row.
 */
export class Roles1763700000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const role of [APP_ROLE, LOOKUP_ROLE]) {
      await queryRunner.query(`
        DO $$ BEGIN
          FOR attempt IN 1..50 LOOP
            BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
                CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
              END IF;
              IF NOT pg_has_role(current_user, '${role}', 'SET') THEN
                EXECUTE format('GRANT ${role} TO %I WITH INHERIT FALSE, SET TRUE', current_user);
              END IF;
              EXIT;
            EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
              IF attempt = 50 THEN RAISE; END IF;
              PERFORM pg_sleep(0.05); -- "tuple concurrently updated" is an internal_error
            END;
          END LOOP;
          IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}' AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'The role ${role} of this server may pass by row-level security. Take that right from it: ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS';
          END IF;
        END $$`);
    }
    await queryRunner.query(`GRANT USAGE ON SCHEMA public TO ${APP_ROLE}, ${LOOKUP_ROLE}`);
    // A function can only be given to a role that may create in its schema.
    await queryRunner.query(`GRANT CREATE ON SCHEMA public TO ${LOOKUP_ROLE}`);
    await queryRunner.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO ${APP_ROLE}`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The roles stay: other databases of the same server may use them.
    await queryRunner.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE USAGE ON SEQUENCES FROM ${APP_ROLE}`);
    await queryRunner.query(`REVOKE ALL ON SCHEMA public FROM ${APP_ROLE}, ${LOOKUP_ROLE}`);
  }
}

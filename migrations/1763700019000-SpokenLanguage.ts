import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which language was spoken on a call. */
export class SpokenLanguage1763700019000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE calls ADD COLUMN spoken_language text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE calls DROP COLUMN spoken_language`);
  }
}

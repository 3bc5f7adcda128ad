import { Module } from '@nestjs/common';
import { StorageModule } from '../integrations/storage/storage.module';
import { TelephonyModule } from '../integrations/telephony/telephony.module';
import { AudioLinks } from './audio-links';
import { FileKeeper } from './file-keeper.service';
import { FileRemovals } from './file-removals.service';

@Module({
  imports: [StorageModule, TelephonyModule],
  providers: [AudioLinks, FileKeeper, FileRemovals],
  exports: [AudioLinks, FileKeeper, FileRemovals],
})
export class FilesModule {}

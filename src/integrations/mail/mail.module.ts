import { Module } from '@nestjs/common';
import { MailSender } from './mail-sender';
import { ResendMailSender } from './resend/resend-mail-sender';

@Module({
  providers: [{ provide: MailSender, useClass: ResendMailSender }],
  exports: [MailSender],
})
export class MailModule {}

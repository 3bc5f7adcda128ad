import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module';
import { LanguageModelModule } from '../integrations/language-model/language-model.module';
import { ScenariosModule } from '../scenarios/scenarios.module';
import { ConversationEnds } from './conversation-ends.service';
import { ConversationTurns } from './conversation-turns.service';
import { ConversationsController } from './conversations.controller';
import { Conversations } from './conversations.service';

@Module({
  imports: [CustomersModule, LanguageModelModule, ScenariosModule],
  controllers: [ConversationsController],
  providers: [ConversationEnds, Conversations, ConversationTurns],
  exports: [Conversations, ConversationTurns],
})
export class ConversationsModule {}

import { Module } from '@nestjs/common';
import { CustomersController } from './customers.controller';
import { Customers } from './customers.service';

@Module({
  controllers: [CustomersController],
  providers: [Customers],
  exports: [Customers],
})
export class CustomersModule {}

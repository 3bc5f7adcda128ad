import { Body, Controller, Delete, Get, HttpCode, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { toUserDto, UpdateUserDto, UserDto } from './dto/user.dto';
import { UsersService } from './users.service';

@ApiTags('users')
@ApiBearerAuth()
@Controller('users/me')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @ApiOperation({ summary: 'Who is signed in' })
  @ApiOkResponse({ type: UserDto })
  @ApiProblems()
  get(@CurrentOwner() owner: Owner): Promise<UserDto> {
    return this.users.get(owner).then(toUserDto);
  }

  @Patch()
  @ApiOperation({ summary: 'Changes the name or the time zone' })
  @ApiOkResponse({ type: UserDto })
  @ApiProblems()
  update(@CurrentOwner() owner: Owner, @Body() changes: UpdateUserDto): Promise<UserDto> {
    return this.users.update(owner, changes).then(toUserDto);
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Erases the account',
    description: 'Ends live calls and erases every row and file of the user. There is no way back.',
  })
  @ApiNoContentResponse({ description: 'Erased' })
  @ApiProblems()
  erase(@CurrentOwner() owner: Owner): Promise<void> {
    return this.users.erase(owner);
  }
}

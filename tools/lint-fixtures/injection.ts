// as apps/inference/src/injection.ts
import { Inject, Injectable } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { ModuleRef } from '@nestjs/core';
import type { PipelineCatalog } from '#platform/control';

@Injectable()
export class Injection {
  constructor(
    readonly reflector: Reflector, // ✗ eddyline/injectable-value-import
    readonly modules: ModuleRef,
    @Inject('catalog') readonly catalog: PipelineCatalog,
  ) {}
}

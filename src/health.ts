#!/usr/bin/env node
import './commands/health.ts'

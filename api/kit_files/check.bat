@echo off
rem Starts the verifier of this kit with a Python of the version it was made for; nothing is installed.
setlocal
chcp 65001 >nul
if exist "%~dp0python\python.exe" (
  "%~dp0python\python.exe" -I -S -B -X utf8 "%~dp0lib" %*
) else (
  py -$VERSION -I -S -B -X utf8 "%~dp0lib" %*
)
set "result=%errorlevel%"
if "%~1"=="" pause
exit /b %result%

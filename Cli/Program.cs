using System.Runtime.InteropServices;
using VkSparseGrad.Cli.CommandLine;

using var stop = new CancellationTokenSource();

// The first Ctrl+C ends the work at the next step and removes what is half-written; a second one ends the process at once.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return CommandLineApp.Run(args, Terminal.OfProcess(), stop.Token);

namespace VkSparseGrad.Conformance.Performance;

/// <summary>One op at one real shape, to be timed.</summary>
/// <param name="Op">The method of the contract.</param>
/// <param name="Parameters">Its shape.</param>
/// <param name="Operations">Floating-point operations of one run; 0 for an op that only moves bytes.</param>
/// <param name="Bytes">Bytes it must read and write, each once.</param>
/// <param name="Prepare">Makes the tensors and gives the action that is timed.</param>
internal sealed record PerfCase(string Op, string Parameters, double Operations, double Bytes, Func<CaseRun, Action> Prepare)
{
    public string Name => $"{Op} {Parameters}";
}

/// <summary>How fast a case ran.</summary>
/// <param name="Op">The op.</param>
/// <param name="Parameters">Its shape.</param>
/// <param name="Seconds">Of one run.</param>
/// <param name="OperationsPerSecond">Floating-point operations a second.</param>
/// <param name="BytesPerSecond">Bytes a second.</param>
/// <param name="ShareOfRoof">The speed as a share of the nearer roof: arithmetic or memory.</param>
internal sealed record PerfResult(
    string Op, string Parameters, double Seconds, double OperationsPerSecond, double BytesPerSecond, double ShareOfRoof);

namespace VkSparseGrad.Cli.Progress;

/// <summary>Reports at once and on the same thread, unlike <see cref="Progress{T}"/>.</summary>
internal sealed class Relay(Action<int> report) : IProgress<int>
{
    public void Report(int value) => report(value);
}

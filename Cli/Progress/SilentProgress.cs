namespace VkSparseGrad.Cli.Progress;

/// <summary>Shows nothing, for work within a phase that is on display already.</summary>
internal sealed class SilentProgress : IProgressDisplay, IPhaseProgress
{
    public void Show(string phase, int total, Action<IPhaseProgress> work) => work(this);

    public void Report(int done, string detail = "")
    {
    }
}

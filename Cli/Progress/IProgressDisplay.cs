namespace VkSparseGrad.Cli.Progress;

/// <summary>Tells a waiting person how far a run is.</summary>
internal interface IProgressDisplay
{
    /// <summary>Shows a phase while its work goes on.</summary>
    /// <param name="phase">Its name.</param>
    /// <param name="total">Units of work; 0 where they cannot be counted.</param>
    /// <param name="work">Does the work and reports what is done.</param>
    void Show(string phase, int total, Action<IPhaseProgress> work);
}

/// <summary>A phase on display.</summary>
internal interface IPhaseProgress
{
    /// <summary>Updates it.</summary>
    /// <param name="done">Units done in all.</param>
    /// <param name="detail">What else is known, such as the loss.</param>
    void Report(int done, string detail = "");
}

namespace VkSparseGrad.Cli.Demo;

/// <summary>Two sentences that differ in one word, which makes the second unacceptable.</summary>
/// <param name="Phenomenon">A short name of the rule that the second one breaks.</param>
/// <param name="Acceptable">A good sentence.</param>
/// <param name="Unacceptable">A bad one.</param>
internal sealed record MinimalPair(string Phenomenon, string Acceptable, string Unacceptable);

using VkSparseGrad.Cli.Compare.Plan;
using VkSparseGrad.Cli.Progress;

namespace VkSparseGrad.Cli.Compare.Display;

/// <summary>Tells a waiting person how far a comparison is.</summary>
internal interface IComparisonDisplay
{
    /// <summary>Shows the comparison while its work goes on.</summary>
    void Show(Action work);

    /// <summary>A cell begins.</summary>
    /// <returns>What shows its phases.</returns>
    IProgressDisplay Begin(Cell cell);

    /// <summary>A cell has ended, or was there already.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="how">Such as <c>skipped</c>, or its scores.</param>
    void End(Cell cell, string how);
}

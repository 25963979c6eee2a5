using VkSparseGrad.Cli.Train.Checkpoints;
using VkSparseGrad.ModelLoaders.Checkpoints;

namespace VkSparseGrad.Tests.Cli;

/// <summary>When an evaluation is due, which is the best, and when a run stops.</summary>
[TestClass]
public sealed class EvaluationHistoryTests
{
    [TestMethod]
    public void The_one_before_training_is_no_candidate_and_equals_are_no_improvement()
    {
        AssertStop(2, best: 1, stops: false, 0.9, 0.5, 0.5);
        AssertStop(2, best: 1, stops: true, 0.9, 0.5, 0.5, 0.4);
        AssertStop(2, best: 3, stops: false, 0.9, 0.5, 0.4, 0.6);
    }

    [TestMethod]
    public void An_undefined_metric_is_no_improvement()
    {
        AssertStop(2, best: null, stops: false, 0.9, null);
        AssertStop(2, best: null, stops: true, 0.9, null, null);
        AssertStop(2, best: 2, stops: false, null, null, -0.1, null);
        AssertStop(2, best: 2, stops: true, null, null, -0.1, null, null);
    }

    [TestMethod]
    public void Without_patience_nothing_stops() => AssertStop(null, best: 1, stops: false, 0.9, 0.5, 0.1, 0.1, 0.1);

    [TestMethod]
    [DataRow(4, false, new[] { 4, 8, 9 })]
    [DataRow(null, true, new[] { 3, 6, 9 })]
    [DataRow(4, true, new[] { 3, 4, 6, 8, 9 })]
    [DataRow(null, false, new int[0])]
    public void Evaluations_are_due(int? steps, bool eachEpoch, int[] expected)
    {
        var history = new EvaluationHistory(new EvaluationSettings(steps, eachEpoch, null), []);

        CollectionAssert.AreEqual(expected, Enumerable.Range(1, 9).Where(step => history.IsDue(step, stepsPerEpoch: 3, totalSteps: 9)).ToArray());
    }

    private static void AssertStop(int? patience, int? best, bool stops, params double?[] scores)
    {
        var history = new EvaluationHistory(new EvaluationSettings(1, false, patience), []);
        for (int step = 0; step < scores.Length; step++)
            history.Add(new EvaluationRecord(step, [("first", scores[step]), ("second", 1)]));

        Assert.AreEqual(best, history.BestStep);
        Assert.AreEqual(stops, history.StopsRun);
    }
}

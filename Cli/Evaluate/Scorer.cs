using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Cli.Tasks;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Evaluate;

/// <summary>Runs a model on a task's examples while someone waits.</summary>
internal sealed class Scorer(GlueTask task, int batchSize, IProgressDisplay progress, CancellationToken cancellation)
{
    /// <summary>The scores of the task's metrics on each file of a split, the official one first.</summary>
    public IReadOnlyList<(string Metric, double? Score)> Score(string phase, Classifier model, IReadOnlyList<TokenizedSplit> files)
    {
        var scores = new List<(string, double?)>();
        foreach (TokenizedSplit file in files)
        {
            float[] predictions = Predict(files.Count == 1 ? phase : $"{phase}, {file.File.Name}", model, file);
            scores.AddRange(task.Metrics.Select(metric => (metric.Name + file.File.MetricSuffix, metric.Compute(predictions, file.Labels))));
        }

        return scores;
    }

    /// <summary>A class index or score for each example of a file.</summary>
    public float[] Predict(string phase, Classifier model, TokenizedSplit file)
    {
        float[] predictions = [];
        progress.Show(phase, file.Examples.Count, bar => predictions = Evaluation.Predictions(
            model, file.Examples, batchSize, new Relay(done => bar.Report(done)), cancellation));
        return predictions;
    }
}

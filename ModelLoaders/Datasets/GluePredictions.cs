using System.Text;
using VkSparseGrad.Files;

namespace VkSparseGrad.ModelLoaders.Datasets;

/// <summary>Writes predictions in the form GLUE's server takes: a header, then <c>index TAB prediction</c>.</summary>
public static class GluePredictions
{
    /// <summary>The name the server wants a file's predictions under, such as <c>MNLI-mm.tsv</c>.</summary>
    public static string FileName(GlueTask task, GlueFile file) => $"{task.Name}{file.SubmissionSuffix}.tsv";

    /// <summary>Writes the predictions to a file, which is replaced as a whole or stays as it was.</summary>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="task">The task, whose label words are used; scores are written with three decimals.</param>
    /// <param name="examples">The examples, whose indices are written.</param>
    /// <param name="predictions">A class index or score for each.</param>
    /// <exception cref="ArgumentException">There are not as many predictions as examples, or one is no label of the task.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, GlueTask task, IReadOnlyList<GlueExample> examples, float[] predictions) =>
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
            Write(writer, task, examples, predictions);
        });

    /// <summary>Writes one line for each prediction.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="task">The task, whose label words are used; scores are written with three decimals.</param>
    /// <param name="examples">The examples, whose indices are written.</param>
    /// <param name="predictions">A class index or score for each.</param>
    /// <exception cref="ArgumentException">There are not as many predictions as examples, or one is no label of the task; nothing of that line is written.</exception>
    public static void Write(TextWriter destination, GlueTask task, IReadOnlyList<GlueExample> examples, ReadOnlySpan<float> predictions)
    {
        if (predictions.Length != examples.Count)
            throw new ArgumentException(FormattableString.Invariant($"{predictions.Length} predictions for {examples.Count} examples."), nameof(predictions));
        destination.Write("index\tprediction\n");
        for (var i = 0; i < predictions.Length; i++)
            destination.Write($"{examples[i].Index}\t{GlueLabel.Format(task, predictions[i])}\n");
    }
}

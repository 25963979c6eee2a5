using VkSparseGrad.ModelLoaders.Datasets;

namespace VkSparseGrad.Tests.Text;

[TestClass]
public sealed class GlueRealFileTests
{
    [TestMethod]
    [DataRow("cola", GlueSplit.Train, 8551, 6023)]
    [DataRow("cola", GlueSplit.Dev, 1043, 721)]
    [DataRow("sst2", GlueSplit.Train, 67349, 37569)]
    [DataRow("sst2", GlueSplit.Dev, 872, 444)]
    public void Whole_files_have_the_published_counts(string name, GlueSplit split, int rows, int positive)
    {
        Assert.IsTrue(GlueTasks.TryFind(name, out var task));

        var data = GlueDataset.Load(SharedFolder.Require("data", name), task, split, strict: true);

        Assert.HasCount(rows, data.Examples);
        Assert.AreEqual(positive, data.Examples.Count(example => example.Label == 1));
        Assert.AreEqual(rows - positive, data.Examples.Count(example => example.Label == 0));
        Assert.IsTrue(data.Examples.All(example => example.Text.Trim().Length > 0));
    }

    [TestMethod]
    public void One_tasks_folder_given_as_the_others_is_refused()
    {
        var cola = SharedFolder.Require("data", "cola");
        var sst2 = SharedFolder.Require("data", "sst2");

        Assert.ThrowsExactly<DatasetException>(() => GlueDataset.Load(sst2, GlueTasks.Cola, GlueSplit.Train));
        Assert.ThrowsExactly<DatasetException>(() => GlueDataset.Load(cola, GlueTasks.Sst2, GlueSplit.Train));
    }
}

// Opens a model and scores one generated photo. Prints "opened SCORES" or "refused TYPE: MESSAGE", and then the process's peak of resident
// memory in bytes.
//
//   HostileModel.App MODEL
using System.Diagnostics;
using System.Globalization;
using HostileModel;
using Microsoft.ML;
using Microsoft.ML.Data;

var mlContext = new MLContext(seed: 1);
try
{
    using var model = mlContext.Model.LoadImageClassifier(args[0]);
    var scored = model.Transform(mlContext.Data.LoadFromEnumerable([Photo.Make()]));
    var scores = scored.GetColumn<float[]>("Score").Single();
    Console.WriteLine("opened " + string.Join(' ', scores.Select(score => score.ToString(CultureInfo.InvariantCulture))));
}
catch (Exception e)
{
    Console.WriteLine($"refused {e.GetType().Name}: {e.Message}");
}
using var process = Process.GetCurrentProcess();
Console.WriteLine(process.PeakWorkingSet64);

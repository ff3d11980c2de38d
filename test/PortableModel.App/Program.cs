// Scores photos with a saved image classifier, by ML.NET alone, and prints what came of it as JSON.
//
//   dotnet PortableModel.App.dll model.zip photo.png...
//
// The model's input has the column ImagePath, text; its output PredictedLabel is text or int. The photos have no Label.
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using PortableModel;

if (args is not [var modelFile, _, ..])
{
    Console.Error.WriteLine("usage: PortableModel.App MODEL.zip PHOTO...");
    return 2;
}

var mlContext = new MLContext();
var model = mlContext.Model.Load(modelFile, out var inputSchema);
var report = model.GetOutputSchema(inputSchema)["PredictedLabel"].Type is TextDataViewType
    ? Classification.Run<string>(mlContext, model, args[1..])
    : Classification.Run<int>(mlContext, model, args[1..]);
// Loaded by now: all that scoring takes.
Console.WriteLine(JsonSerializer.Serialize(report));
return 0;
